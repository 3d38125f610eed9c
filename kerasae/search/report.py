from kerasae.search.plan import Search

PAGE = "search.html"


def write_report(search, found, compared=False):
    pass
