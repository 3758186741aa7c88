"""The training job around a script: where things lie, its settings, its channels, how it fails."""
