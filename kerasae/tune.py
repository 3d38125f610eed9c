"""`python -m kerasae.tune`."""

if __name__ == "__main__":
    from kerasae.cli import main

    main("tune")
