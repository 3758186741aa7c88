"""Why members of requests say nothing on one machine, where several lists say it."""

NO_ACCOUNT = "containers have no credentials but the dummy ones"
NO_NETWORK = "containers run on this machine, in its network"
NO_KEYS = "what is stored is not encrypted"
OWN_DISK = "the disk is this machine's"
ONE_CONTAINER = "there is one container"
LIST = "SortBy SortOrder NextToken MaxResults NameContains CreationTimeBefore CreationTimeAfter"
LIST_OF_CHANGING = f"{LIST} LastModifiedTimeBefore LastModifiedTimeAfter StatusEquals"
EXPERIMENT = {
    "ExperimentConfig.ExperimentName ExperimentConfig.TrialName ExperimentConfig.TrialComponentDisplayName "
    "ExperimentConfig.RunName": "it is described; no trial component is made of a job"
}
TAGS = "Tags.Key Tags.Value"
