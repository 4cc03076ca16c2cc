"""`./ringmaster completion bash|zsh`: what a shell needs to complete commands, options and files with the Tab key.

Options are read from each command's own `--help` when they are asked for, so that nothing has to be kept in step.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from engine.cli import COMMANDS

_BASH = r"""# Completion for ringmaster: the words of COMMAND, then the options that its --help names, then files.
_ringmaster() {
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]:-}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "@COMMANDS@ --help" -- "$word"))
  elif [ "${word#-}" != "$word" ]; then
    # `test` installs things; its options are few.
    local options="--help --long --audio"
    [ "$command" = test ] || options=$("$program" "$command" --help 2>/dev/null | grep -oE '(^|[ ,[])--[a-z][a-z-]*' |
      tr -d ' ,[' | sort -u)
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _ringmaster ringmaster ./ringmaster
"""
_ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


def run(arguments: Sequence[str]) -> int:
    """Prints the shell's words; exit 0."""
    parser = argparse.ArgumentParser(
        prog="./ringmaster completion", description="What a shell needs to complete ringmaster's words with Tab."
    )
    parser.add_argument("shell", choices=["bash", "zsh"], help="which shell")
    shell = parser.parse_args(arguments).shell
    print((_ZSH if shell == "zsh" else "") + _BASH.replace("@COMMANDS@", " ".join(COMMANDS)), end="")
    return 0
