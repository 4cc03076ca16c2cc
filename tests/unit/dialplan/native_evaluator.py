"""A small evaluator of the include that `dialplan.native` writes: enough of Asterisk's dialplan to run `[hours]`.

It knows Set, GotoIf, Return, `${NAME}`, `${STRFTIME(epoch,zone,format)}`, `$[...]` with + * < > >= & |, and that an
exact extension wins over a pattern. Anything else is an error, so the test cannot pass by misreading.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_PRIORITY = re.compile(r"(?:exten => (?P<exten>[^,]+),1,| same => n,)(?P<app>\w+)\((?P<args>.*)\)(?: ; .*)?$")


class Include:
    def __init__(self, text: str) -> None:
        self.extensions: dict[str, list[tuple[str, str]]] = {}
        current = ""
        context = ""
        for line in text.splitlines():
            if line.startswith(";") or not line.strip():
                continue
            if line.startswith("["):
                context = line
                continue
            assert context == "[hours]", line
            match = _PRIORITY.match(line)
            assert match, line
            if match["exten"]:
                current = match["exten"]
                assert current not in self.extensions, f"{current} twice"
                self.extensions[current] = []
            self.extensions[current].append((match["app"], match["args"]))

    def is_open(self, epoch: int, clock_offset: int = 0) -> bool:
        variables = {"EPOCH": str(epoch), "CLOCK_OFFSET": str(clock_offset)}
        exten, at = "s", 0
        for _ in range(20):
            app, args = self.extensions[exten][at]
            at += 1
            if app == "Return":
                return {"1": True, "0": False}[variables["RM_OPEN"]]
            args = expand(args, variables)
            if app == "Set":
                name, _, value = args.partition("=")
                variables[name.removeprefix("LOCAL(").removesuffix(")")] = value
            elif app == "GotoIf":
                condition, _, targets = args.partition("?")
                then, _, otherwise = targets.partition(":")
                target = (then if condition not in {"0", ""} else otherwise).removesuffix(",1")
                if target:  # without one for this case, the next line is next
                    exten, at = self._find(target), 0
            else:
                raise AssertionError(f"unknown application {app}")
        raise AssertionError("no Return")

    def _find(self, name: str) -> str:
        if name in self.extensions:
            return name
        found = [
            pattern
            for pattern in self.extensions
            if pattern.startswith("_") and re.fullmatch(pattern[1:].replace("X", "[0-9]"), name)
        ]
        assert len(found) == 1, (name, found)
        return found[0]


def expand(text: str, variables: dict[str, str]) -> str:
    """Innermost first, as Asterisk does."""
    while True:
        if match := re.search(r"\$\{([^${}\[\]]*)\}", text):
            value = _function(match[1], variables)
        elif match := re.search(r"\$\[([^$\[\]{}]*)\]", text):
            value = _expression(match[1])
        else:
            assert "$" not in text, text
            return text
        text = text[: match.start()] + value + text[match.end() :]


def _function(name: str, variables: dict[str, str]) -> str:
    match = re.fullmatch(r"STRFTIME\((\d+),([^,]+),(.+)\)", name)
    if not match:
        return variables[name]
    assert match[2] == "Asia/Seoul"
    return datetime.fromtimestamp(int(match[1]), UTC).astimezone(ZoneInfo(match[2])).strftime(match[3])


def _expression(text: str) -> str:
    tokens = re.findall(r"\d+|>=|[()+*<>&|-]", text)
    assert "".join(tokens) == text.replace(" ", ""), text
    value, rest = _or(tokens)
    assert not rest, text
    return str(value)


def _or(tokens: list[str]) -> tuple[int, list[str]]:
    value, tokens = _and(tokens)
    while tokens and tokens[0] == "|":
        right, tokens = _and(tokens[1:])
        value = value or right
    return value, tokens


def _and(tokens: list[str]) -> tuple[int, list[str]]:
    value, tokens = _compare(tokens)
    while tokens and tokens[0] == "&":
        right, tokens = _compare(tokens[1:])
        value = value if value and right else 0
    return value, tokens


def _compare(tokens: list[str]) -> tuple[int, list[str]]:
    value, tokens = _sum(tokens)
    while tokens and tokens[0] in {"<", ">", ">="}:
        sign = tokens[0]
        right, tokens = _sum(tokens[1:])
        value = int({"<": value < right, ">": value > right, ">=": value >= right}[sign])
    return value, tokens


def _sum(tokens: list[str]) -> tuple[int, list[str]]:
    value, tokens = _product(tokens)
    while tokens and tokens[0] in {"+", "-"}:
        right, rest = _product(tokens[1:])
        value, tokens = (value + right if tokens[0] == "+" else value - right), rest
    return value, tokens


def _product(tokens: list[str]) -> tuple[int, list[str]]:
    value, tokens = _atom(tokens)
    while tokens and tokens[0] == "*":
        right, tokens = _atom(tokens[1:])
        value *= right
    return value, tokens


def _atom(tokens: list[str]) -> tuple[int, list[str]]:
    if tokens[0] == "(":
        value, tokens = _or(tokens[1:])
        assert tokens[0] == ")"
        return value, tokens[1:]
    if tokens[0] == "-":
        value, tokens = _atom(tokens[1:])
        return -value, tokens
    return int(tokens[0]), tokens[1:]
