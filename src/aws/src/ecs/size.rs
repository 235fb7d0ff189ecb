//! How large a task on Fargate is: only certain pairs of processors and memory exist, and only those can be written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

macro_rules! sizes {
    ($($(#[$document:meta])* $cpu:ident = $units:literal: $($memory:ident = $mib:literal)+;)*) => {
        /// How large a task on Fargate is. In a file: `{ cpu = 512, memory = 1024 }`, in units of which a processor
        /// has 1024, and in MiB.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Pair", into = "Pair")]
        pub enum Fargate {
            $($(#[$document])* $cpu($cpu),)*
        }

        $(
            #[doc = concat!("The memory that a task of ", $units, " units may have.")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $cpu {
                $(
                    #[doc = concat!($mib, " MiB.")]
                    $memory,
                )+
            }
        )*

        impl Fargate {
            /// Every size that there is, the smallest first.
            pub const ALL: &'static [Fargate] = &[$($(Fargate::$cpu($cpu::$memory),)+)*];

            /// Its processors, in units of which one has 1024.
            pub const fn cpu(self) -> u32 {
                match self {
                    $(Fargate::$cpu(_) => $units,)*
                }
            }

            /// Its memory in MiB.
            pub const fn memory(self) -> u32 {
                match self {
                    $($(Fargate::$cpu($cpu::$memory) => $mib,)+)*
                }
            }
        }
    };
}

sizes! {
    /// A quarter of a processor.
    Cpu256 = 256: Mb512 = 512 Gb1 = 1024 Gb2 = 2048;
    /// Half a processor.
    Cpu512 = 512: Gb1 = 1024 Gb2 = 2048 Gb3 = 3072 Gb4 = 4096;
    /// One processor.
    Cpu1024 = 1024: Gb2 = 2048 Gb3 = 3072 Gb4 = 4096 Gb5 = 5120 Gb6 = 6144 Gb7 = 7168 Gb8 = 8192;
    /// Two processors.
    Cpu2048 = 2048: Gb4 = 4096 Gb5 = 5120 Gb6 = 6144 Gb7 = 7168 Gb8 = 8192 Gb9 = 9216 Gb10 = 10240 Gb11 = 11264
        Gb12 = 12288 Gb13 = 13312 Gb14 = 14336 Gb15 = 15360 Gb16 = 16384;
    /// Four processors.
    Cpu4096 = 4096: Gb8 = 8192 Gb9 = 9216 Gb10 = 10240 Gb11 = 11264 Gb12 = 12288 Gb13 = 13312 Gb14 = 14336
        Gb15 = 15360 Gb16 = 16384 Gb17 = 17408 Gb18 = 18432 Gb19 = 19456 Gb20 = 20480 Gb21 = 21504 Gb22 = 22528
        Gb23 = 23552 Gb24 = 24576 Gb25 = 25600 Gb26 = 26624 Gb27 = 27648 Gb28 = 28672 Gb29 = 29696 Gb30 = 30720;
    /// Eight processors.
    Cpu8192 = 8192: Gb16 = 16384 Gb20 = 20480 Gb24 = 24576 Gb28 = 28672 Gb32 = 32768 Gb36 = 36864 Gb40 = 40960
        Gb44 = 45056 Gb48 = 49152 Gb52 = 53248 Gb56 = 57344 Gb60 = 61440;
    /// Sixteen processors.
    Cpu16384 = 16384: Gb32 = 32768 Gb40 = 40960 Gb48 = 49152 Gb56 = 57344 Gb64 = 65536 Gb72 = 73728 Gb80 = 81920
        Gb88 = 90112 Gb96 = 98304 Gb104 = 106496 Gb112 = 114688 Gb120 = 122880;
}

/// A size as it is written.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    cpu: u32,
    memory: u32,
}

/// A pair of processors and memory that Fargate does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Fargate has no tasks of {cpu} units and {memory} MiB: {}", instead(*cpu, *memory))]
pub struct SizeError {
    cpu: u32,
    memory: u32,
}

impl Fargate {
    /// The size of so many units and MiB.
    pub fn of(cpu: u32, memory: u32) -> Result<Fargate, SizeError> {
        let same = |size: &&Fargate| (size.cpu(), size.memory()) == (cpu, memory);
        Fargate::ALL.iter().find(same).copied().ok_or(SizeError { cpu, memory })
    }
}

fn instead(cpu: u32, memory: u32) -> String {
    let of_cpu: Vec<u32> = Fargate::ALL.iter().filter(|size| size.cpu() == cpu).map(|size| size.memory()).collect();
    match of_cpu.as_slice() {
        [] => "write 256, 512, 1024, 2048, 4096, 8192 or 16384 units".to_owned(),
        [least, .., most] if (least..=most).contains(&&memory) => {
            let next = of_cpu.iter().find(|size| **size > memory).unwrap_or(most);
            format!("the next larger memory of {cpu} units is {next}")
        }
        [least, .., most] => format!("{cpu} units go with {least} to {most} MiB"),
        [only] => format!("{cpu} units go with {only} MiB"),
    }
}

impl TryFrom<Pair> for Fargate {
    type Error = SizeError;

    fn try_from(Pair { cpu, memory }: Pair) -> Result<Fargate, SizeError> {
        Fargate::of(cpu, memory)
    }
}

impl From<Fargate> for Pair {
    fn from(size: Fargate) -> Pair {
        Pair { cpu: size.cpu(), memory: size.memory() }
    }
}

impl JsonSchema for Fargate {
    fn schema_name() -> Cow<'static, str> {
        "Fargate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut units: Vec<u32> = Fargate::ALL.iter().map(|size| size.cpu()).collect();
        units.dedup();
        // Which memory goes with which units, for editors; whoever reads a file has `SizeError` to say it.
        let pair = |units: &u32| {
            let of_units = Fargate::ALL.iter().filter(|size| size.cpu() == *units);
            let memory: Vec<u32> = of_units.map(|size| size.memory()).collect();
            json!({
                "if": { "properties": { "cpu": { "const": units } } },
                "then": { "properties": { "memory": { "enum": memory } } },
            })
        };
        json_schema!({
            "type": "object",
            "description": "How large a task on Fargate is: units of which a processor has 1024, and MiB.",
            "properties": {
                "cpu": { "description": "Units, of which a processor has 1024.", "enum": units },
                "memory": { "description": "MiB.", "type": "integer" },
            },
            "required": ["cpu", "memory"],
            "additionalProperties": false,
            "allOf": units.iter().map(pair).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_survives_its_own_text_and_they_are_in_order() {
        assert_eq!(Fargate::ALL.len(), 3 + 4 + 7 + 13 + 23 + 12 + 12);
        assert!(Fargate::ALL.is_sorted_by_key(|size| (size.cpu(), size.memory())));
        for &size in Fargate::ALL {
            let written = serde_json::to_value(size).unwrap();
            assert_eq!(serde_json::from_value::<Fargate>(written).unwrap(), size);
        }
        let half = Fargate::Cpu512(Cpu512::Gb1);
        assert_eq!(serde_json::to_value(half).unwrap(), json!({"cpu": 512, "memory": 1024}));
    }

    #[test]
    fn another_pair_is_refused_with_one_that_there_is() {
        for (cpu, memory, instead) in [
            (256, 4096, "256 units go with 512 to 2048 MiB"),
            (256, 1000, "the next larger memory of 256 units is 1024"),
            (8192, 17408, "the next larger memory of 8192 units is 20480"),
            (300, 512, "write 256, 512, 1024, 2048, 4096, 8192 or 16384 units"),
        ] {
            let message = Fargate::of(cpu, memory).unwrap_err().to_string();
            assert_eq!(message, format!("Fargate has no tasks of {cpu} units and {memory} MiB: {instead}"));
        }
    }
}
