"""HTTP as the server speaks it: the listener, requests and answers, who may come in, errors in each service's form."""
