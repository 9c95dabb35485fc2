# ask.pl DAEMON COMMAND …: what FRR's daemons answer, each under its command, asked over the sockets that vtysh
# uses. To start a vtysh costs a router 50 ms of its processor, this costs 3. Perl's base is part of every Debian.
use strict;
use warnings;

my %socket;

sub ask {
    my ($daemon, $command) = @_;
    if (!$socket{$daemon}) {
        my $unix;
        socket($unix, 1, 1, 0) && connect($unix, pack("Sa108", 1, "/run/frr/$daemon.vty"))
            or return "$daemon is not running\n";
        $socket{$daemon} = $unix;
        ask($daemon, "enable");
    }
    syswrite($socket{$daemon}, "$command\0") or return "$daemon does not listen\n";
    my $said = "";
    until ($said =~ /\0\0\0.\z/s) {
        sysread($socket{$daemon}, $said, 65536, length $said) or return "$daemon has hung up\n";
    }
    return substr $said, 0, -4;
}

while (my ($daemon, $command) = splice @ARGV, 0, 2) {
    print "\n# $command\n", ask($daemon, $command), "\n";
}
