"""`python -m kerasae VERB`."""

if __name__ == "__main__":
    from kerasae.cli import main

    main()
