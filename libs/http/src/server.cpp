// Body follows.
