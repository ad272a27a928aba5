# What fail2ban's own reader makes of each folder named on standard input: one line of
# JSON for each, {"stream": [...]}, {"error": "..."}, or {"huge": true}.
import json
import logging
import sys

from fail2ban.client.configurator import Configurator

logging.disable(logging.CRITICAL)
for line in sys.stdin:
    folder = line.rstrip("\n")
    try:
        c = Configurator()
        c.setBaseDir(folder)
        c.readAll()
        early = c.getEarlyOptions()
        c.getOptions(None, {name: early[name] for name in ("syslogsocket", "loglevel", "logtarget")})
        c.convertToProtocol(allow_no_files=True)
        said = {"stream": c.getConfigStream()}
    except Exception as e:
        said = {"error": type(e).__name__ + ": " + str(e)}
    said = json.dumps(said)
    if len(said) > 1 << 20:
        said = '{"huge": true}'
    print(said, flush=True)
