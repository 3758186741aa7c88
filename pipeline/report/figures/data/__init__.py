"""Figures of the data itself: records, lengths, words, the TF-IDF matrix, copies."""
