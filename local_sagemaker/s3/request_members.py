"""The members of S3's requests, by the headers and query parameters that carry them: what is honoured, and what says
nothing on one machine.
"""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members

_PRINCIPALS = "everything belongs to one account, which may do everything"
_NOT_ENCRYPTED = "what is stored is not encrypted"
_OWN_DISK = "objects are kept on this machine's disk"
_NO_VERSIONS = "there are no versions and no locks"
_UNCHECKED = "it is not computed, and no answer gives it back"

_OWNER = "x-amz-expected-bucket-owner"
_PAYER = {"x-amz-request-payer": "nobody pays"}
_VERIFIED = "x-amz-checksum-crc32 x-amz-checksum-sha1 x-amz-checksum-sha256 content-md5"
_NOT_VERIFIED = (
    "x-amz-checksum-crc32c x-amz-checksum-crc64nvme x-amz-checksum-sha512 x-amz-checksum-md5 x-amz-checksum-xxhash64 "
    "x-amz-checksum-xxhash3 x-amz-checksum-xxhash128"
)
_ALGORITHM = {"x-amz-sdk-checksum-algorithm": "the header or trailer with the checksum names its algorithm itself"}
_CONTENT = "cache-control content-disposition content-encoding content-language content-type expires x-amz-meta-"
_KEPT_WITHOUT_EFFECT = {
    "x-amz-acl": _PRINCIPALS,
    "x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-context "
    "x-amz-server-side-encryption-bucket-key-enabled": _NOT_ENCRYPTED,
    "x-amz-storage-class": _OWN_DISK,
    **_PAYER,
}
_CONDITIONS = "if-match if-modified-since if-none-match if-unmodified-since"
_SOURCE = (
    "x-amz-copy-source x-amz-copy-source-if-match x-amz-copy-source-if-modified-since x-amz-copy-source-if-none-match "
    "x-amz-copy-source-if-unmodified-since x-amz-source-expected-bucket-owner"
)
_READ = (
    f"{_CONDITIONS} range response-cache-control response-content-disposition response-content-encoding "
    f"response-content-language response-content-type response-expires x-amz-checksum-mode {_OWNER}"
)
_LOCKS = {"x-amz-mfa x-amz-bypass-governance-retention": _NO_VERSIONS}

S3: Mapping[str, Members] = {
    "AbortMultipartUpload": Members(_OWNER, _PAYER),
    "CompleteMultipartUpload": Members(
        f"if-match if-none-match x-amz-mp-object-size {_OWNER}",
        {
            "x-amz-checksum-crc32 x-amz-checksum-sha1 x-amz-checksum-sha256 x-amz-checksum-type": "the parts' "
            "checksums are verified, the whole object's is not computed",
            _NOT_VERIFIED: _UNCHECKED,
            **_PAYER,
        },
    ),
    "CopyObject": Members(
        f"{_CONTENT} {_SOURCE} if-match if-none-match x-amz-metadata-directive x-amz-tagging-directive x-amz-tagging "
        f"{_OWNER}",
        {"x-amz-checksum-algorithm": "a copy has the checksums of its source", **_KEPT_WITHOUT_EFFECT},
    ),
    "CreateBucket": Members(
        "",
        {"x-amz-acl x-amz-object-ownership": _PRINCIPALS},
        only={"x-amz-bucket-object-lock-enabled": ("false", "False")},
    ),
    "CreateMultipartUpload": Members(
        f"{_CONTENT} x-amz-tagging {_OWNER}",
        {
            "x-amz-checksum-algorithm x-amz-checksum-type": "each part's own checksum is verified, the whole object's "
            "is not computed",
            **_KEPT_WITHOUT_EFFECT,
        },
    ),
    "DeleteBucket": Members(_OWNER),
    "DeleteObject": Members(_OWNER, {**_LOCKS, **_PAYER}),
    "DeleteObjectTagging": Members(_OWNER),
    "DeleteObjects": Members(f"{_VERIFIED} {_OWNER}", {_NOT_VERIFIED: _UNCHECKED, **_LOCKS, **_ALGORITHM, **_PAYER}),
    "GetBucketLocation": Members(_OWNER),
    "GetObject": Members(_READ, _PAYER),
    "GetObjectTagging": Members(_OWNER, _PAYER),
    "HeadBucket": Members(_OWNER),
    "HeadObject": Members(_READ, _PAYER),
    "ListBuckets": Members("prefix max-buckets continuation-token bucket-region"),
    "ListMultipartUploads": Members(f"prefix key-marker upload-id-marker max-uploads {_OWNER}", _PAYER),
    "ListObjectVersions": Members(
        f"prefix delimiter key-marker version-id-marker max-keys encoding-type {_OWNER}", _PAYER
    ),
    "ListObjects": Members(f"prefix delimiter marker max-keys encoding-type {_OWNER}", _PAYER),
    "ListObjectsV2": Members(
        f"prefix delimiter start-after continuation-token max-keys encoding-type fetch-owner {_OWNER}", _PAYER
    ),
    "ListParts": Members(f"max-parts part-number-marker {_OWNER}", _PAYER),
    "PutObject": Members(
        f"{_CONTENT} {_VERIFIED} content-length if-match if-none-match x-amz-tagging {_OWNER}",
        {_NOT_VERIFIED: _UNCHECKED, **_ALGORITHM, **_KEPT_WITHOUT_EFFECT},
    ),
    "PutObjectTagging": Members(f"{_VERIFIED} {_OWNER}", {_NOT_VERIFIED: _UNCHECKED, **_ALGORITHM, **_PAYER}),
    "UploadPart": Members(f"{_VERIFIED} content-length {_OWNER}", {_NOT_VERIFIED: _UNCHECKED, **_ALGORITHM, **_PAYER}),
    "UploadPartCopy": Members(f"{_SOURCE} x-amz-copy-source-range {_OWNER}", _PAYER),
}
