"""`python -m carepath`."""

from carepath.main import main

if __name__ == "__main__":
    main()
