//! Whether output is what its schema says.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Holds an output against `schema/NAME.schema.json`, which has to be a schema itself; `what` names the output in complaints.
#[allow(clippy::unwrap_used)]
#[track_caller]
pub fn assert_valid(name: &str, output: &Value, what: &str) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(output).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}\n{output:#}");
}
