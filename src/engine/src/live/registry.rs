//! The kinds that a program knows. A kind's own file and one line of a registry are all that a kind needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::behaviour::Behaviour;
use super::kind::{Kind, Untyped};

/// The kinds by name.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Arc<dyn Kind>>,
}

impl Registry {
    /// A registry without kinds.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// The registry and one kind more, whose calls go through `cloud`.
    pub fn with<R: Behaviour>(mut self, cloud: &Arc<R::Cloud>) -> Registry {
        let kind: Arc<dyn Kind> = Arc::new(Untyped::<R>::new(Arc::clone(cloud)));
        let earlier = self.kinds.insert(R::SCHEMA.kind, kind);
        assert!(earlier.is_none(), "two kinds are named {}", R::SCHEMA.kind);
        self
    }

    /// The registry with each kind seen through another: to watch it, or to disturb it.
    pub fn map(self, wrap: impl Fn(Arc<dyn Kind>) -> Arc<dyn Kind>) -> Registry {
        Registry { kinds: self.kinds.into_iter().map(|(name, kind)| (name, wrap(kind))).collect() }
    }

    /// The registry without a kind: what a program sees that does not know it.
    pub fn without(mut self, name: &str) -> Registry {
        self.kinds.remove(name);
        self
    }

    /// The kind of that name.
    pub fn kind(&self, name: &str) -> Option<&Arc<dyn Kind>> {
        self.kinds.get(name)
    }

    /// All kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<dyn Kind>> + Clone {
        self.kinds.values()
    }
}
