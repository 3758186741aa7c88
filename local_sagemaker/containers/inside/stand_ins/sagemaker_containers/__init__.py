"""Stand-in for the image's sagemaker-containers: as much of it as user code in the scikit-learn image imports.

`_content_types.UTF8_TYPES` is the switch for handing bodies over as text; `beta.framework` offers `content_types`,
`encoders`, `errors` and `worker`.
"""
