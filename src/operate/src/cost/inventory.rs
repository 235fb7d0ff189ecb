//! The resources whose cost is asked for: those of the code, those that are live, or those that will be.

use std::collections::BTreeMap;

use infra_engine::graph::Graph;
use infra_engine::model::{Document, Reference};

/// A resource whose cost is asked for.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// What it is.
    pub document: Document,
    /// By what others refer to it, once it is live: its identifier and its outputs.
    pub known_as: BTreeMap<String, String>,
}

/// Resources that may refer to each other.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    items: Vec<Item>,
}

impl Inventory {
    /// These resources.
    pub fn new(items: Vec<Item>) -> Inventory {
        Inventory { items }
    }

    /// The resources of the code.
    pub fn of_graph(graph: &Graph) -> Inventory {
        let items = graph.definitions().iter().map(|definition| Item {
            address: definition.address.to_string(),
            kind: definition.schema.kind.to_owned(),
            document: definition.document.clone(),
            known_as: BTreeMap::new(),
        });
        Inventory::new(items.collect())
    }

    /// The resources.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The place of the resource of a kind that a reference leads to: by its address, or by what it is known as.
    pub(super) fn find(&self, kind: &str, reference: Option<&Reference>, value: &str) -> Option<usize> {
        let meant = |item: &Item| match reference {
            Some(reference) => item.address == reference.address.to_string(),
            None => item.known_as.values().any(|known| known == value),
        };
        self.items.iter().position(|item| item.kind == kind && meant(item))
    }
}
