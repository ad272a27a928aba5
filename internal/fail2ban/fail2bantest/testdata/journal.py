# Makes journal.gz, a journal as systemd writes one (Debian: systemd-journal-remote):
#   python3 journal.py | /lib/systemd/systemd-journal-remote -o j.journal - && gzip -9n <j.journal >journal.gz
# The journal export format: https://systemd.io/JOURNAL_EXPORT_FORMATS/
import struct, sys
out = sys.stdout.buffer
boot, machine = "c" * 32, "d" * 32
def entry(n, fields):
    at = 1795444440000000 + n * 1000000
    out.write(b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n_MACHINE_ID=%s\n_HOSTNAME=web\n" % (at, 1000000 * (n + 1), boot.encode(), machine.encode()))
    for k, v in fields.items():
        v = v if isinstance(v, bytes) else v.encode()
        if b"\n" in v or any(c < 32 for c in v):
            out.write(k.encode() + b"\n" + struct.pack("<Q", len(v)) + v + b"\n")
        else:
            out.write(k.encode() + b"=" + v + b"\n")
    out.write(b"\n")
ssh = dict(_SYSTEMD_UNIT="ssh.service", SYSLOG_IDENTIFIER="sshd", _COMM="sshd", _TRANSPORT="syslog", PRIORITY="6")
n = 0
for i in range(12):
    entry(n, {**ssh, "_PID": str(700 + i), "SYSLOG_PID": str(700 + i), "_SOURCE_REALTIME_TIMESTAMP": str(1795444440000000 + n * 1000000 - 5),
              "MESSAGE": "Failed password for invalid user bob%d from 203.0.113.7 port %d ssh2" % (i, 40000 + i)}); n += 1
    entry(n, {"_SYSTEMD_UNIT": "cron.service", "SYSLOG_IDENTIFIER": "CRON", "_COMM": "cron", "_PID": "9", "MESSAGE": "(root) CMD (true) from 203.0.113.9"}); n += 1
entry(n, {**ssh, "_PID": "800", "MESSAGE": "Accepted password for anna from 198.51.100.7 port 41000 ssh2"}); n += 1
entry(n, {**ssh, "_PID": "801", "MESSAGE": b"two\nlines \xff\x1b[2J<img src=x> of somebody"}); n += 1
entry(n, {**ssh, "_PID": "802", "MESSAGE": "x" * 6000}); n += 1
for i, (part, priority, text) in enumerate([("server", "6", "Starting Fail2ban"), ("filter", "6", "[sshd] Found 203.0.113.7"), ("utils", "3", "it failed\nTraceback")] * 3):
    entry(n, {"_COMM": "fail2ban-server", "SYSLOG_IDENTIFIER": "fail2ban." + part, "LOGGER": "fail2ban." + part, "PRIORITY": priority, "_PID": "3", "MESSAGE": text + (" %d" % i if "\n" not in text else "")}); n += 1
entry(n, {"_COMM": "fail2ban-server", "SYSLOG_IDENTIFIER": "fail2ban.actions", "LOGGER": "fail2ban.actions", "PRIORITY": "4", "_PID": "3", "MESSAGE": "[sshd] Ban 203.0.113.7"}); n += 1
