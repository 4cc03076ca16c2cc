"""What the command line of measuring, breaking and sizing is given wrongly: named, with what is right; nothing is begun."""

from __future__ import annotations

import pytest

from engine import cli


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("bench cor", "no bench is called `cor`; did you mean `core`?"),
        ("bench zzz", "no bench is called `zzz`; there are ami_intake, core, "),
        ("chaos kil", "no program is called `kil`; did you mean `kill`?"),
        ("chaos core --seed x", "'x' is not a whole number from 0 to 2147483647"),
        ("chaos core --seed -1", "--seed"),
        ("chaos core --minutes -1", "--minutes"),
        ("chaos core --minutes 0", "'0' is not a number from 0.1 to 10080"),
        ("chaos core --minutes nan", "'nan' is not a number from 0.1 to 10080"),
        ("chaos core --minutes 5 --full", "--full: not allowed with argument --minutes"),
        ("capacity --calls 0", "'0' is not a whole number from 1 to 10000000"),
        ("capacity --calls ²", "'²' is not a whole number"),
        ("capacity --cores 99999999999999", "is not a whole number from 1 to 10000000"),
        ("capacity --talk-s abc", "'abc' is not a number from 0 to 86400"),
        ("edge --port 0", "'0' is not a whole number from 1 to 65535"),
        ("edge --bind gate.example", "'gate.example' is not an IPv4 address such as 192.0.2.9"),
        ("audit --index ftp://index.example", "--index"),
        ("audit --index http://127.0.0.1:port", "--index"),
    ],
)
def test_a_wrong_word_is_named(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(words.split())
    assert end.value.code == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
