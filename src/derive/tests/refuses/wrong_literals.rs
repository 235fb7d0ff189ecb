//! Literals are judged by the parsers that judge them in files.

use infra_derive::{cidr, cron};

fn main() {
    cidr!("10.0.0.5/16");
    cidr!("10.0.0.0");
    cidr!("10.0.0.0/33");
    cidr!(10);
    cron!("0 8 * * MON-FRI");
    cron!("0 8 * * MON-FRI *");
    cron!("0 25 ? * MON-FRI *");
    cron!("0 8 ? * MONDAY *");
}
