"""The written lists of members that did not fit into `request_members`, which has all of SageMaker's."""
