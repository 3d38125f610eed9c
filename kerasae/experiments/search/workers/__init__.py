"""The processes of a search: workers, the pool of local workers, and the coordinator that hands trials to them."""
