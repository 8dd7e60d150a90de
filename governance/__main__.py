"""`python -m governance` is the console command `aims`."""

from governance.cli import main

if __name__ == "__main__":
    main()
