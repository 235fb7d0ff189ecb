//! Lambda: by calls and by how long they take.

use infra_aws::ec2::Processor;
use infra_aws::lambda::{Function, Permission};

use super::{Priced, free};
use crate::cost::{Around, Costs, Fraction, Line, Quantity, UsageKey};

free!(Permission: "a setting");

const CALLS: &UsageKey = &UsageKey { name: "calls_per_month", about: "How often each function is called in a month." };
const LASTS: &UsageKey =
    &UsageKey { name: "milliseconds_per_call", about: "How long a call takes, on an average, in milliseconds." };

impl Priced for Function {
    const USAGE: &'static [&'static UsageKey] = &[CALLS, LASTS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        let (calls, lasts) = (around.used(CALLS), around.used(LASTS));
        let memory = Fraction::of(self.memory.into(), 1024);
        let seconds = calls.zip(lasts).map(|(calls, lasts)| calls * lasts * Fraction::of(1, 1000) * memory);
        let price = match self.processor {
            Processor::X86 => "lambda.gb-second",
            Processor::Arm => "lambda.arm.gb-second",
        };
        let missing = if calls.is_none() { CALLS } else { LASTS };
        Costs::Lines(vec![
            around.by_usage("calls", "lambda.request", CALLS),
            Line::of("memory for as long as calls take", price, Quantity::used(seconds)).missing(missing, seconds),
        ])
    }
}
