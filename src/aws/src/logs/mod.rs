//! CloudWatch Logs: groups of log streams, and the logs of other services that it delivers there or elsewhere.
//!
//! A delivery is three things: a source, a place, and what goes from one to the other. What they have in common is in
//! `vended`.

mod delivery;
mod delivery_destination;
mod delivery_source;
mod log_group;
mod retention;
mod vended;

pub use delivery::{Delivery, DeliveryId, S3DeliveryConfiguration};
pub use delivery_destination::{
    DeliveryDestination, DeliveryDestinationArn, DeliveryDestinationName, DeliveryDestinationResource, OutputFormat,
};
pub use delivery_source::{DeliverySource, DeliverySourceArn, DeliverySourceName, DeliverySourceResource};
pub use log_group::{Class, LogGroup, LogGroupArn, LogGroupName, LogStreamsArn};
pub use retention::{Retention, RetentionError};
