//! A role that is handed to a service must trust it. Kinds with a field for a role put this among their rules.

use infra_engine::check::{Surroundings, Violation};
use infra_engine::model::{Ref, Resource};

use super::{Role, RoleArn, RoleName, Service};

/// What is wrong with handing the role in this field to this service: the role, if it is in the code, does not trust it.
pub fn passed(field: &str, role: &Ref<RoleArn>, service: &Service, around: &Surroundings<'_>) -> Option<Violation> {
    check(field, role, Role::ARN.name, service, around)
}

/// The same for a field that refers to the role by its name.
pub fn passed_by_name(
    field: &str,
    role: &Ref<RoleName>,
    service: &Service,
    around: &Surroundings<'_>,
) -> Option<Violation> {
    check(field, role, "id", service, around)
}

fn check<T>(
    field: &str,
    role: &Ref<T>,
    output: &str,
    service: &Service,
    around: &Surroundings<'_>,
) -> Option<Violation> {
    let value = role.value();
    let (address, definition) = around.all::<Role>().find(|(address, _)| format!("{address}.{output}") == value)?;
    if definition.trust.trusts(service) {
        return None;
    }
    let wrong = format!("{} {address} does not let {service} take it on", Role::SCHEMA.kind);
    let way_out = format!("let its trust policy allow `sts:AssumeRole` to {service}, or hand over another role");
    Some(Violation::of(field, role, wrong, way_out))
}
