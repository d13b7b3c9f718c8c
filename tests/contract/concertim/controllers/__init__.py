"""One module per noun; each action takes a call and returns a document."""
