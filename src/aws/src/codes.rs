//! What AWS's error codes mean, whatever the service: tables. What only one kind knows is in that kind's file.
//!
//! A code may mean a passing fault and a lasting one at the same time; where the message tells them apart, it is asked.

use infra_engine::live::FaultKind::{
    self, Broken, Busy, Credentials, Denied, Exists, Gone, Lost, NotYet, Refused, Throttled,
};

/// Fragments of messages that say more than their code, which may be any (`""`).
const PHRASES: &[(&str, &str, FaultKind)] = &[
    ("", "Rate exceeded", Throttled),
    ("", "throttled by EC2", Throttled),
    ("AuthFailure", "not able to validate", Credentials),
    // A role, a policy or a service-linked role that was made a moment ago is not known everywhere.
    ("MalformedPolicyDocument", "Invalid principal in policy", NotYet),
    ("InvalidParameterValue", "Invalid IAM Instance Profile", NotYet),
    ("InvalidParameterValueException", "cannot be assumed by Lambda", NotYet),
    ("InvalidParameterValueException", "execution role does not have permissions", NotYet),
    ("InvalidParameterException", "Unable to assume the service linked role", NotYet),
    ("InvalidParameterException", "verify that the ECS service role being passed has the proper permissions", NotYet),
    ("ValidationException", "Unable to assume IAM role", NotYet),
    ("ValidationException", "cannot be assumed by principal", NotYet),
    // A topic of that name that is somebody else's: with other tags, or set up otherwise.
    ("InvalidParameter", "already exists with different", Exists),
    ("InvalidParameter", "PrincipalNotFound", NotYet),
    ("InvalidSpotFleetRequestConfig", "SpotFleetRequestConfig.IamFleetRole", NotYet),
];

/// Whole codes.
const CODES: &[(&[&str], FaultKind)] = &[
    (
        &[
            "BandwidthLimitExceeded",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "SlowDown",
            "TooManyRequestsException",
        ],
        Throttled,
    ),
    (
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnrecognizedClientException",
        ],
        Credentials,
    ),
    (
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AccessDeniedFault",
            // EC2 says so of what is somebody else's, too.
            "AuthFailure",
            "AuthorizationError",
            "AuthorizationErrorException",
            "NotAuthorized",
            "OptInRequired",
            "UnauthorizedAccess",
            "UnauthorizedOperation",
        ],
        Denied,
    ),
    (&["BucketAlreadyOwnedByYou", "PriorityInUse", "ResourceExistsException", "WAFDuplicateItemException"], Exists),
    (&["WAFNonexistentItemException"], Gone),
    (
        &[
            "ConcurrentAccess",
            "ConcurrentAccessException",
            "ConcurrentModification",
            "ConcurrentModificationException",
            "ConcurrentUpdateException",
            "ConflictException",
            "DeleteConflict",
            "DependencyViolation",
            "IncorrectState",
            "OperationAborted",
            "OperationAbortedException",
            "PriorRequestNotComplete",
            "ResourceConflictException",
            "WAFAssociatedItemException",
            "WAFOptimisticLockException",
            // A group or a list that was made a moment ago, which may take WAF "a number of minutes" to know.
            "WAFUnavailableEntityException",
        ],
        Busy,
    ),
    (&["RequestTimeout", "RequestTimeoutException"], Lost),
];

/// What codes end with.
const ENDINGS: &[(&str, FaultKind)] = &[
    ("AlreadyExists", Exists),
    ("AlreadyExistsException", Exists),
    ("AlreadyExistsFault", Exists),
    ("AlreadyAssociated", Exists),
    ("AlreadyRegisteredFault", Exists),
    (".Duplicate", Exists),
    ("NotFound", Gone),
    ("NotFoundException", Gone),
    ("NotFoundFault", Gone),
    ("InUse", Busy),
    ("InUseException", Busy),
    ("InUseFault", Busy),
    ("InProgress", Busy),
    ("InProgressException", Busy),
];

/// The sort that a code and its message tell; `None` for codes of no general meaning.
pub(crate) fn by_code(code: &str, message: &str) -> Option<FaultKind> {
    let phrase = PHRASES.iter().find(|(of, said, _)| (of.is_empty() || *of == code) && message.contains(said));
    let whole = || CODES.iter().find(|(codes, _)| codes.contains(&code));
    let ending = || ENDINGS.iter().find(|(end, _)| code.ends_with(end));
    phrase
        .map(|(_, _, kind)| *kind)
        .or_else(|| whole().map(|(_, kind)| *kind))
        .or_else(|| ending().map(|(_, kind)| *kind))
        .or_else(|| by_pattern(code))
}

fn by_pattern(code: &str) -> Option<FaultKind> {
    if code.contains("Throttl") {
        Some(Throttled)
    } else if code.starts_with("NoSuch") {
        Some(Gone)
    } else if code.starts_with("Duplicate") {
        Some(Exists)
    } else if code.starts_with("Invalid")
        && code.trim_end_matches("Fault").trim_end_matches("Exception").ends_with("State")
    {
        Some(Busy)
    } else if code.starts_with("Insufficient") && code.contains("Capacity") {
        // EC2 sends it as its own failure (HTTP 500), and it is an answer all the same.
        Some(Refused)
    } else {
        None
    }
}

/// The sort that the HTTP status alone tells. `reads` is true for calls that change nothing.
pub(crate) fn by_status(status: u16, reads: bool) -> FaultKind {
    match status {
        401 => Credentials,
        403 => Denied,
        404 => Gone,
        408 => Lost,
        429 => Throttled,
        // A breakdown, or an answer that makes no sense: nobody knows how far a change came.
        ..=399 | 500.. => {
            if reads {
                Broken
            } else {
                Lost
            }
        }
        _ => Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: FaultKind, codes: &[&str]) {
        for code in codes {
            assert_eq!(by_code(code, "something is wrong"), Some(kind), "{code}");
        }
    }

    #[test]
    fn codes_are_sorted_by_what_is_to_be_done_next() {
        check(
            Throttled,
            &["Throttling", "ThrottlingException", "EC2ThrottledException", "RequestLimitExceeded", "SlowDown"],
        );
        check(
            Credentials,
            &["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"],
        );
        check(Denied, &["AccessDenied", "UnauthorizedOperation", "AccessDeniedException"]);
        check(
            Exists,
            &["EntityAlreadyExists", "InvalidGroup.Duplicate", "DuplicateListener", "DBInstanceAlreadyExists"],
        );
        check(
            Exists,
            &["PriorityInUse", "ResourceAlreadyExistsException", "RouteAlreadyExists", "DuplicateRecordException"],
        );
        check(
            Gone,
            &[
                "InvalidVpcID.NotFound",
                "NoSuchEntity",
                "NoSuchBucket",
                "ResourceNotFoundException",
                "NatGatewayNotFound",
            ],
        );
        check(
            Gone,
            &["ReplicationGroupNotFoundFault", "DBInstanceNotFound", "NoSuchTagSet", "ClusterNotFoundException"],
        );
        check(
            Busy,
            &["DependencyViolation", "DeleteConflict", "InvalidGroup.InUse", "ResourceInUseException", "SubnetInUse"],
        );
        check(
            Busy,
            &["InvalidDBInstanceState", "InvalidReplicationGroupState", "InvalidDBProxyStateFault", "OperationAborted"],
        );
        check(Busy, &["ResourceConflictException", "UpdateInProgressException", "WAFOptimisticLockException"]);
        check(Busy, &["WAFUnavailableEntityException"]);
        check(Refused, &["InsufficientInstanceCapacity", "InsufficientCacheClusterCapacityFault"]);
    }

    #[test]
    fn a_code_of_no_general_meaning_is_left_to_the_status() {
        for code in ["InvalidParameterValue", "ValidationException", "LimitExceeded", "InvalidSubnet.Conflict", ""] {
            assert_eq!(by_code(code, "no"), None, "{code}");
        }
    }

    #[test]
    fn the_message_tells_a_passing_fault_from_a_lasting_one() {
        let refused = by_code("MalformedPolicyDocument", "Syntax errors in policy.");
        let passing =
            by_code("MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/new\"");
        assert_eq!((refused, passing), (None, Some(NotYet)));
        assert_eq!(by_code("LimitExceededException", "Rate exceeded"), Some(Throttled));
        assert_eq!(by_code("LimitExceededException", "You have 20 already"), None);
        let taken = "Invalid parameter: Tags Reason: Topic already exists with different tags";
        assert_eq!(by_code("InvalidParameter", taken), Some(Exists));
    }

    #[test]
    fn a_breakdown_or_nonsense_loses_a_change_and_breaks_a_reading() {
        assert_eq!((by_status(503, false), by_status(503, true)), (Lost, Broken));
        assert_eq!((by_status(200, false), by_status(302, true)), (Lost, Broken));
        assert_eq!((by_status(400, false), by_status(404, true), by_status(429, false)), (Refused, Gone, Throttled));
    }
}
