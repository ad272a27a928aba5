# Whether who writes text into the log could choose the id that is found: by trying it with
# lines that matched, and where none did, by the shape of the expression.
try:
    import re._parser as parser
except ImportError:
    import sre_parse as parser

EVIL = "192.0.2.66"
ID_GROUPS = ("fid", "ip4", "ip6", "dns")
WIDE = 20  # characters that a part must take to hold text of somebody's choice
SAMPLE = [chr(c) for c in range(32, 127)]


def flagged(trial, lines, order, adopt):
    flags = []
    probe = Trial(order, trial.alarm)
    adopt(probe)
    probe.until = time.thread_time() + PROBES
    probed, proven = {}, {}
    for row in lines:
        for hit in row["hits"]:
            if order["max_lines"] > 1 or row["cut"] or hit["line"] != row["number"]:
                continue
            n = probed.get(hit["expression"], 0)
            if n >= 3 or hit["expression"] in proven or time.thread_time() > probe.until:
                continue
            at = order["lines"][row["number"] - 1]["at"]
            tried_all, flag = steered(probe, row, hit, at)
            if tried_all:
                probed[hit["expression"]] = n + 1
            if flag:
                proven[hit["expression"]] = flag
                flags.append(flag)
    for e in trial.fails:
        if e.stopped:
            flags.append(flag_of(e, "slow", "It took too long on line %d and was stopped: fail2ban would hang on such a line." % e.stopped))
        elif e.slowest > 0.05:
            flags.append(flag_of(e, "slow", "It took %d ms on line %d: who sends many such lines keeps fail2ban busy." % (e.slowest * 1000, e.slowest_line)))
        if e.index not in probed and e.index not in proven:
            try:
                flags += shaped(trial, e)
            except Exception:  # the parser of another Python: no judgement is better than none at all
                pass
    for e in trial.expressions + [trial.date]:
        if e.kind != "fail" and e.stopped:
            flags.append(flag_of(e, "slow", "It took too long on line %d and was stopped: fail2ban would hang on such a line." % e.stopped))
    return flags


def flag_of(e, kind, text, example=""):
    return {"kind": kind, "of": e.kind, "expression": e.index, "text": text, "example": example[:4000], "proven": bool(example)}


def steered(probe, row, hit, at):
    """Puts another address into the line where text may be, and sees which is found."""
    text = row["text"]
    ids = [g for g in hit["groups"] if g["name"] in ID_GROUPS and g["line"] == row["number"] and g["end"] > g["start"]]
    if not ids or not alone(probe, text, at, hit["id"]):
        return True, None
    a, b = ids[0]["start"], ids[0]["end"]
    word = text.rfind(" ", 0, max(a - 1, 0)) + 1
    if text[word:a].strip(" =:[('\"") == "":
        word = text.rfind(" ", 0, max(word - 1, 0)) + 1
    word = max(word, hit["start"])
    whole = text[hit["start"]:a] + EVIL + text[b:hit["end"]]
    payloads = [whole, text[word:a] + EVIL + text[b:], text[word:a] + EVIL + " "]
    begins = header(text, row)
    line = text[:begins] + "zq9x7w " + whole.strip() + " zq9"
    if alone(probe, line, at, EVIL):
        return True, flag_of(probe.fails_by[hit["expression"]], "unanchored", "It matches anywhere in a line: text that gets into a line about something else, such as a request or a user name, counts as a failure of an address that its writer chose.", line)
    for where, start, end in spots(text, row, hit, a, b):
        free = {}  # whether any text may stand there, with blanks and without
        for payload in payloads:
            for put in ("x " + payload, payload + " x" if payload != whole else "", payload.strip() if " " not in payload.strip() else ""):
                if not put:
                    continue
                if time.thread_time() > probe.until:
                    return False, None
                blank = " " in put
                if blank not in free:
                    free[blank] = alone(probe, text[:start] + ("zq9 x7 w" if blank else "zq9x7w") + text[end:], at, hit["id"])
                line = text[:start] + put + text[end:]
                if free[blank] and alone(probe, line, at, EVIL):
                    return True, flag_of(probe.fails_by[hit["expression"]], "steered", sentence(where), line)
    return True, None


def header(text, row):
    """Where the text of the program begins. The names of the machine and of the program, as
    syslog writes them, are nobody's choice."""
    head = re.match(r"\s*(?:\S+ )?[^\s:\[]+(?:\[\d+\])?: ", text[row["date_end"]:])
    return row["date_end"] + (head.end() if head else 0)


def spots(text, row, hit, a, b):
    """Places for text of somebody's choice: what a group took, each word, the end."""
    for g in hit["groups"]:
        if g["name"] not in ID_GROUPS and g["line"] == row["number"] and g["end"] > g["start"] and (g["end"] <= a or g["start"] >= b):
            if g["name"] not in ("mlfid", "mlfpending", "fport"):
                yield g["name"], g["start"], g["end"]
    begins = header(text, row)
    for m in list(re.finditer(r"[^\s\"']+", text))[:40]:
        if m.start() < begins or m.start() < b and m.end() > a:
            continue
        yield "", m.start(), m.end()
    if b < len(text):
        yield "end", len(text), len(text)


def sentence(where):
    if where == "end":
        return "Who can add text to the end of the line chooses the address that is banned: the one found in this line is not the real one."
    if where:
        return "Who chooses the text of \"%s\" chooses the address that is banned: the one found in this line is not the real one." % where
    return "Text inside the line can hold another address, which is taken instead of the real one, as in this line."


def alone(probe, line, at, want):
    """Whether this line by itself gives that id."""
    probe.forget()
    probe.line += 1
    _, hits, _ = probe.process(line, at)
    return any(str(fid) == want for _, fid, _, _ in hits)


def shaped(trial, e):
    """Judges an expression that no line matched."""
    items = flat(parser.parse(e.regex.getRegex()))
    place = next((i for i, it in enumerate(items) if it == "ID"), None)
    bound = starts(items)
    if trial.prefix and trial.prefix.regex is not None:
        outer = flat(parser.parse(trial.prefix.regex.getRegex()))
        content = next((i for i, it in enumerate(outer) if it == "CONTENT"), None)
        if content is not None:
            bound, items = bound and starts(outer), outer[:content] + items + outer[content + 1:]
            place = next((i for i, it in enumerate(items) if it == "ID"), None)
    if place is None:
        return []
    flags = []
    if not bound:
        flags.append(flag_of(e, "unanchored", "It is not bound to the beginning of the line (^): who gets text into the log, in a user name or a request, can make it match with an address of his choice."))
    before, after = items[:place], items[place + 1:]
    rest, closed = needed(after)
    for i, it in enumerate(before):
        takes = wide(it)
        if takes and not closed and needed(before[i + 1:])[0] | rest <= takes and bound:
            flags.append(flag_of(e, "catch_all", "A part that takes any text stands before the address, and nothing binds what follows to the end of the line ($): text that an attacker chooses can hold another address, which may be taken instead."))
            break
    return flags


def name_of(group, pattern):
    for name, number in pattern.state.groupdict.items():
        if number == group:
            return name
    return ""


def flat(pattern):
    """The parts in their order, groups on the way opened; ID and CONTENT stand for theirs."""
    out = []
    for op, av in pattern:
        name = str(op)
        if name == "SUBPATTERN":
            called = name_of(av[0], pattern)
            if called in ID_GROUPS or called == "content":
                out.append("CONTENT" if called == "content" else "ID")
            else:
                out += flat(av[-1])
        elif name == "BRANCH" and any("ID" in flat(b) for b in av[1]):
            best = next(flat(b) for b in av[1] if "ID" in flat(b))
            out += best
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and av[1] == 1 and "ID" in flat(av[2]):
            out += flat(av[2])
        else:
            out.append((op, av))
    return [it for i, it in enumerate(out) if it != "ID" or "ID" not in out[:i]]


def starts(items):
    for it in items:
        if it in ("ID", "CONTENT"):
            return False
        op, av = str(it[0]), it[1]
        if op == "AT":
            if str(av) in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
                return True
        elif op in ("MAX_REPEAT", "MIN_REPEAT") and av[0] >= 1:
            return starts(flat(av[2]))
        elif op == "BRANCH":
            return all(starts(flat(b)) for b in av[1])
        elif op not in ("ASSERT", "ASSERT_NOT"):
            return False
    return False


def takes_of(item):
    """The characters that a part may hold."""
    op, av = str(item[0]), item[1]
    if op == "LITERAL":
        return {chr(av)}
    if op == "NOT_LITERAL":
        return {c for c in SAMPLE if c != chr(av)}
    if op == "ANY":
        return set(SAMPLE)
    if op == "IN":
        found = set()
        for kind, v in av:
            kind = str(kind)
            if kind == "LITERAL":
                found.add(chr(v))
            elif kind == "RANGE":
                found |= {c for c in SAMPLE if v[0] <= ord(c) <= v[1]}
            elif kind == "CATEGORY":
                found |= {c for c in SAMPLE if category(str(v), c)}
        return set(SAMPLE) - found if av and str(av[0][0]) == "NEGATE" else found
    if op == "SUBPATTERN":
        return union(av[-1])
    if op == "BRANCH":
        return set().union(*(union(b) for b in av[1]))
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return union(av[2])
    return set()


def union(pattern):
    return set().union(*(takes_of(it) for it in pattern))


def category(name, c):
    expr = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[name.rpartition("_")[2]]
    return bool(re.match(expr, c)) != ("_NOT_" in name)


def wide(item):
    """What a part takes that can hold an address and blanks; nothing where it can't."""
    if item in ("ID", "CONTENT"):
        return set()
    op, av = str(item[0]), item[1]
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        takes = union(av[2])
        if av[1] >= WIDE and {" ", ".", "1", "9"} <= takes and not any(str(i[0]) in ("ASSERT", "ASSERT_NOT") for i in av[2]):
            return takes
        return set().union(*(wide(i) for i in av[2])) if av[1] == 1 else set()
    if op == "SUBPATTERN":
        return set().union(*(wide(i) for i in av[-1]))
    if op == "BRANCH":
        return set().union(*(wide(i) for b in av[1] for i in b))
    return set()


def needed(items):
    """The characters that must stand there, and whether the end of the line closes it."""
    chars, closed = set(), False
    for it in items:
        if it in ("ID", "CONTENT"):
            continue
        op, av = str(it[0]), it[1]
        if op == "LITERAL":
            chars.add(chr(av))
        if op == "AT" and str(av) in ("AT_END", "AT_END_STRING"):
            closed = True
        if wide(it):
            return chars, False
    return chars, closed


main()
