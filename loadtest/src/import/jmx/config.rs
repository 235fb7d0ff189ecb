//! Where values come from: variables, files with rows, counters, random numbers.

use super::Reading;
use super::element::{Item, arguments};
use crate::import::draft::{unique, word};
use crate::import::xml::Element;
use crate::plan::words::Template;
use crate::plan::{Data, Order};

impl Reading<'_> {
    /// Notes what names mean, in all of the plan, before any text is read.
    pub(super) fn names(&mut self, items: &[Item<'_>]) {
        for item in items.iter().filter(|item| item.element.attribute("enabled") != "false") {
            match item.kind() {
                "TestPlan" => {
                    if let Some(variables) = item.inner_property("TestPlan.user_defined_variables") {
                        self.values(variables);
                    }
                }
                "Arguments" => self.values(item.element),
                "CSVDataSet" => self.rows(item),
                _ => {}
            }
            self.names(&item.inner);
        }
    }

    fn values(&mut self, variables: &Element) {
        for (name, value, _) in arguments(variables) {
            self.words.values.insert(name.to_owned(), value.to_owned());
        }
    }

    /// User defined variables.
    pub(super) fn variables(&mut self, variables: &Element) {
        for (name, value, argument) in arguments(variables).into_iter().filter(|(name, ..)| !name.trim().is_empty()) {
            let value = self.words.template(value, self.draft, &format!("variable {name}"), argument.line);
            self.draft.variable(name, value, argument.line);
        }
    }

    /// A file with rows.
    fn rows(&mut self, item: &Item<'_>) {
        let file = self.words.fixed(item.text("filename").trim());
        let stem = file.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = word(stem.rsplit_once('.').map_or(stem, |(stem, _)| stem));
        let mut used = self.draft.plan.data.keys().cloned().collect();
        let name = unique(&mut used, &stem, "data");
        let separator = item.text("delimiter");
        let separator = if separator.is_empty() { "," } else { separator };
        let columns: Vec<_> = item
            .text("variableNames")
            .split([',', '\t', ';'])
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        for column in &columns {
            self.words.columns.insert(column.clone(), format!("${{{name}.{column}}}"));
        }
        if separator != "," {
            let instead = format!("write {file} again with commas");
            self.not(item, "values of a row are separated by commas", &instead);
        }
        if columns.is_empty() {
            let instead = format!("write `${{{name}.COLUMN}}` where a column is used");
            self.not(item, "its columns' names stand in the file, which is not read here", &instead);
        }
        let order = if item.text("recycle").trim() == "false" { Order::EachOnce } else { Order::Round };
        // The names that the element gives hold, and the first row is data then, unless it is said to be left out: a file
        // whose first row has the same names needs none.
        let columns = if item.is_true("ignoreFirstLine") { Vec::new() } else { columns };
        if item.is_true("ignoreFirstLine") {
            let why = "the first row is left out, so that the columns' names are read from it";
            self.not(item, why, "see that the first row has the names that the plan uses");
        }
        self.draft.plan.data.insert(name, Data { file, columns, order });
        self.draft.taking.took();
    }

    /// Counters and random numbers.
    pub(super) fn config(&mut self, item: &Item<'_>) {
        match item.kind() {
            "CounterConfig" => {
                let name = word(item.text("CounterConfig.name"));
                let of = |field: &str, default| match item.text(field).trim() {
                    "" => Some(default),
                    text => self.words.number(text),
                };
                let plain = of("CounterConfig.start", 1.0) == Some(1.0)
                    && of("CounterConfig.incr", 1.0) == Some(1.0)
                    && item.text("CounterConfig.format").is_empty();
                if !plain {
                    self.not(item, "a counter begins at 1, goes up by 1 and is not formatted", "`${counter}` was put");
                }
                self.set(&name, "${counter}");
            }
            "RandomVariableConfig" => {
                let name = word(item.text("variableName"));
                let bounds =
                    (self.words.number(item.text("minimumValue")), self.words.number(item.text("maximumValue")));
                match bounds {
                    (Some(from), Some(to)) if from <= to => {
                        if !item.text("outputFormat").is_empty() {
                            self.not(item, "random numbers are not formatted", "the number itself was put");
                        }
                        self.set(&name, &format!("${{random:{}..{}}}", from as i64, to as i64));
                    }
                    _ => return self.not(item, "its bounds are not known before the run", "write `${random:1..100}`"),
                }
            }
            // Files with rows have been read with the names.
            _ => return,
        }
        self.draft.taking.took();
    }

    fn set(&mut self, name: &str, value: &str) {
        if let Ok(value) = value.parse::<Template>()
            && !name.is_empty()
        {
            self.draft.plan.variables.insert(name.to_owned(), value);
        }
    }
}
