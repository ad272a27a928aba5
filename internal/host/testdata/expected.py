# What fail2ban-regex says of each filter on each log: one JSON object by name of the log.
import json, os, sys, time
from fail2ban.client import fail2banregex as f
from fail2ban.server.failregex import Regex
f.output = lambda *_: None
said = {}
for line in sys.stdin:
    name, filter, log, names = json.loads(line)
    options, _ = f.get_opt_parser().parse_args(["--usedns", "raw" if names else "no", "-c", "/etc/fail2ban"])
    r = f.Fail2banRegex(options)
    assert r.start([log, filter]), name
    said[name] = {
        "Tested": r._line_stats.tested, "Matched": r._line_stats.matched, "Missed": r._line_stats.missed, "Ignored": r._line_stats.ignored,
        "Hits": [e.getStats() for e in r._failregex],
        "IDs": [str(i[1]) for e in r._failregex for i in e.getIPList() if not i[3].get("nofail")],
    }
print(json.dumps(said))
