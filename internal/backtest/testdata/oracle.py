# Plays failures to the classes of fail2ban's own server (jail, filter, fail manager,
# actions, ban manager, observer, database), with the log's clock (MyTime, as fail2ban's own
# tests do it) and what its threads do done at once. One case a line on standard input, its
# bans a line on standard output.
import json, logging, sys

logging.getLogger("fail2ban").setLevel(100)
from fail2ban.server.database import Fail2BanDb
from fail2ban.server.jail import Jail
from fail2ban.server.mytime import MyTime
from fail2ban.server.observer import ObserverThread, Observers


class AtOnce(ObserverThread):
    def add(self, what, *args):
        getattr(self, what)(*args)

    def add_timer(self, *_):
        pass


def play(case):
    db = Fail2BanDb(":memory:")
    jail = Jail("test", "polling", db)
    jail.isAlive = lambda: True
    db.addJail(jail)
    f = jail.filter
    f.setUseDns("no")
    f.setDatePattern("{EPOCH}")
    f.addFailRegex(r"^ <HOST>$")
    f.setMaxRetry(case["max_retry"])
    f.setFindTime(str(case["find_time"]))
    jail.actions.setBanTime(str(case["ban_time"]))
    for name, value in case["extra"].items():
        jail.setBanTimeExtra(name, value)
    for ip in case["ignored"]:
        f.addIgnoreIP(ip)
    f.ignoreSelf, f.inOperation = False, False
    manager, bans = jail.actions.banManager, []
    plain = manager.addBanTicket

    def add(ticket, reason={}):
        banned = plain(ticket, reason)
        if banned:
            bans.append((str(ticket.getID()), ticket.getTime(), ticket))
        return banned
    manager.addBanTicket = add
    for ip, at, clock in case["failures"]:
        MyTime.setTime(clock)
        jail.actions._Actions__checkUnBan(1 << 30)
        f.failManager.cleanup(clock)
        f.processLineAndAdd("%d %s" % (at, ip))
        jail.actions._Actions__checkBan()
    default = manager.getBanTime()
    return [[ip, at, ticket.getBanTime(default)] for ip, at, ticket in bans]


Observers.Main = AtOnce()
for line in sys.stdin:
    print(json.dumps(play(json.loads(line))))
