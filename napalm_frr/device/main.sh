case ${1-} in
    boot) boot ;;
    qos) tc -force -batch "$STATE/current/qos.batch" ;;
    revert) begin; revert "$2" "the time to confirm ran out" ;;
esac
