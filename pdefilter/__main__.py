"""``python -m pdefilter``: the command line without the installed script."""

from pdefilter.cli import main

if __name__ == "__main__":
    main()
