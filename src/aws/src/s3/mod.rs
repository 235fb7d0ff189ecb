//! S3: buckets, how long what is in them is kept and where, and who may reach it. One file for each kind.
//!
//! What the kinds have in common is in `fault` (what S3's codes mean). Objects are nobody's definition: they are only
//! ever touched by the deletion of a bucket whose definition says that they may go.

mod bucket;
mod bucket_policy;
mod contents;
mod fault;
mod lifecycle;
mod names;
mod tiering;

pub use bucket::{
    Bucket, BucketArn, BucketDomain, BucketName, Contents, Encryption, ObjectOwnership, ObjectsArn, PublicAccess,
    Versioning,
};
pub use bucket_policy::{BucketPolicy, BucketPolicyId};
pub use lifecycle::{Expiry, LifecycleRule, Objects, OldAfter, OldVersions, StorageClass, When};
pub(crate) use names::wrong as wrong_name;
pub use tiering::Tiering;
