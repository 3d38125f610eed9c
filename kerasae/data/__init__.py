"""Images from a folder, an array file, a table or a known data set: checked, cut, split and weighted."""
