"""How right the answers are: the profiles on 20 Newsgroups, and on data sets that a script derives from it."""
