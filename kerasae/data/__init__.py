"""Images from a folder, an array file, a table or a built-in data set: checked, cut, split and weighted."""
