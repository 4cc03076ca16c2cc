"""`configure`: writes the PBX's configuration and secrets into the state, and ends.

For a PBX in its own container, which starts after this and before the engine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from dialplan.loader import RulesError
from engine import credentials, edge, nodes, pbxconfig, soundstore, up
from engine.commands.up import add_settings, load_rules, settings_of
from engine.settings import Defaults, SettingsError


def run(arguments: Sequence[str]) -> int:
    """Exit 0 when the files are written, 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="./ringmaster configure", description="Write the PBX's configuration.")
    add_settings(parser)
    options = parser.parse_args([*arguments, "--pbx-external"])
    try:
        settings = settings_of(options)
        ruleset = load_rules(settings)
    except (SettingsError, up.UpError, nodes.NodesError) as error:
        print(f"configure: {error}", file=sys.stderr)
        return 1
    except RulesError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    soundstore.bring_up_to_date(settings.sounds)
    secrets = credentials.load_or_make(settings.state, pbxconfig.accounts(ruleset))
    for one in settings.pbxes:
        pbxconfig.render(one, ruleset, secrets, None)
    if settings.database_url is not None:
        credentials.database_password(settings.state)
    settings.save()
    defaults = Defaults.read()
    at = edge.Edge(defaults.edge_bind, defaults.edge_port, edge.nodes_of(settings))
    edge.render(defaults.edge or settings.state / "kamailio", at, ruleset.trunks, None)
    print(f"{pbxconfig.etc_dir(settings)} is written", file=sys.stderr)
    return 0
