"""What training leaves in S3 and all later commands start from: runs, their model artefacts, and the source folders in
those.
"""
