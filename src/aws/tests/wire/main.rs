//! The clients, seen from the other end of the connection: a server that answers by a script, and no cloud.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

mod at_work;
mod costs;
mod data;
mod edges;
mod hostile;
mod names;
mod network;
mod protocols;
mod records;
mod refusals;
mod server;
mod strangers;
mod terraform;
