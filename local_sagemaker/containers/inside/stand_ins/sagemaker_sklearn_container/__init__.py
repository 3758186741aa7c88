"""Stand-in for the glue of the scikit-learn image: the user's handlers, and the WSGI application around them."""
