"""`spatial-mae COMMAND ...`: what a person types; rules call their modules directly."""

import sys
from collections.abc import Sequence
from importlib import import_module

from spatial_mae import __version__

# Command -> module of this folder, and what it does.
COMMANDS = {
    "status": ("show_status", "list training runs: epoch, time left, state"),
    "estimate": ("estimate_cost", "estimate jobs, hours and storage of a study before it runs"),
    "pack": ("pack_results", "pack a finished study's results into one archive"),
    "unpack": ("unpack_results", "unpack an archive of results after checking every checksum"),
    "jacobian": ("measure_jacobian", "Jacobian of a network's reconstruction: entropy and reach"),
    "export": ("export_network", "write weights of ours as a folder of transformers' ViTMAE"),
    "ladder": ("judge_ladder", "verdicts at each budget that was trained so far"),
    "report": ("write_report", "write a study's report again"),
}
COMPLETION = """\
# bash: source <(spatial-mae completion)     zsh: autoload -U bashcompinit; bashcompinit first
_spatial_mae() {{
    local word=${{COMP_WORDS[COMP_CWORD]}}
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W "{commands}" -- "$word"))
    elif [[ $word = -* ]]; then
        COMPREPLY=($(compgen -W "$(spatial-mae "${{COMP_WORDS[1]}}" --help |
            grep -oE -- '--[a-z][a-z-]+' | sort -u)" -- "$word"))
    fi
}}
complete -o default -F _spatial_mae spatial-mae"""


def usage() -> str:
    """All commands, one per line."""
    rows = [f"  {name:12}{text}" for name, (_, text) in COMMANDS.items()]
    rows.append(f"  {'completion':12}print a script that lets bash or zsh complete these words")
    return "\n".join(["usage: spatial-mae COMMAND [--help] ...", "", *rows])


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command; without one, or with an unknown one, list all (exit status 2)."""
    name, *rest = [*(sys.argv[1:] if argv is None else argv)] or [""]
    if name in ("-h", "--help", "help"):
        print(usage())
    elif name == "--version":
        print(__version__)
    elif name == "completion":
        print(COMPLETION.format(commands=" ".join([*COMMANDS, "completion"])))
    elif name in COMMANDS:
        sys.argv[0] = f"spatial-mae {name}"  # what argparse calls the program
        import_module(f"spatial_mae.cli.{COMMANDS[name][0]}").main(rest)
    else:
        print(f"spatial-mae: no command {name!r}\n{usage()}" if name else usage(), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
