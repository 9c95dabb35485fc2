case ${1-} in
    boot) boot ;;
    units) [ ! -e "$STATE/current/text/units" ] || { begin; apply_units "$STATE/current/text/units"; } ;;
    qos) tc -force -batch "$STATE/current/qos.batch" ;;
    revert) begin; revert "$2" "the time to confirm ran out" ;;
esac
