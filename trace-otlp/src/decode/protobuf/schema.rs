//! The messages of OTLP as a table of their fields, with the form of each.
//!
//! Source: opentelemetry-proto, *trace_service.proto*, *trace.proto*, *resource.proto* and
//! *common.proto*.

/// A message.
pub(super) struct Message {
    pub(super) fields: &'static [Field],
}

/// A field of a message.
pub(super) struct Field {
    pub(super) number: u64,
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) is_list: bool,
}

/// The form of a field's value.
pub(super) enum Form {
    Varint,
    Fixed32,
    Fixed64,
    Bytes,
    Text,
    Message(&'static Message),
}

const fn one(number: u64, name: &'static str, form: Form) -> Field {
    Field {
        number,
        name,
        form,
        is_list: false,
    }
}

const fn list(number: u64, name: &'static str, of: &'static Message) -> Field {
    Field {
        number,
        name,
        form: Form::Message(of),
        is_list: true,
    }
}

pub(super) static REQUEST: Message = Message {
    fields: &[list(1, "resource_spans", &RESOURCE_SPANS)],
};

static RESOURCE_SPANS: Message = Message {
    fields: &[
        one(1, "resource", Form::Message(&RESOURCE)),
        list(2, "scope_spans", &SCOPE_SPANS),
        one(3, "schema_url", Form::Text),
    ],
};

static RESOURCE: Message = Message {
    fields: &[
        list(1, "attributes", &KEY_VALUE),
        one(2, "dropped_attributes_count", Form::Varint),
    ],
};

static SCOPE_SPANS: Message = Message {
    fields: &[
        one(1, "scope", Form::Message(&SCOPE)),
        list(2, "spans", &SPAN),
        one(3, "schema_url", Form::Text),
    ],
};

static SCOPE: Message = Message {
    fields: &[
        one(1, "name", Form::Text),
        one(2, "version", Form::Text),
        list(3, "attributes", &KEY_VALUE),
        one(4, "dropped_attributes_count", Form::Varint),
    ],
};

pub(super) static SPAN: Message = Message {
    fields: &[
        one(1, "trace_id", Form::Bytes),
        one(2, "span_id", Form::Bytes),
        one(3, "trace_state", Form::Text),
        one(4, "parent_span_id", Form::Bytes),
        one(5, "name", Form::Text),
        one(6, "kind", Form::Varint),
        one(7, "start_time_unix_nano", Form::Fixed64),
        one(8, "end_time_unix_nano", Form::Fixed64),
        list(9, "attributes", &KEY_VALUE),
        one(10, "dropped_attributes_count", Form::Varint),
        list(11, "events", &EVENT),
        one(12, "dropped_events_count", Form::Varint),
        list(13, "links", &LINK),
        one(14, "dropped_links_count", Form::Varint),
        one(15, "status", Form::Message(&STATUS)),
        one(16, "flags", Form::Fixed32),
    ],
};

static EVENT: Message = Message {
    fields: &[
        one(1, "time_unix_nano", Form::Fixed64),
        one(2, "name", Form::Text),
        list(3, "attributes", &KEY_VALUE),
        one(4, "dropped_attributes_count", Form::Varint),
    ],
};

static LINK: Message = Message {
    fields: &[
        one(1, "trace_id", Form::Bytes),
        one(2, "span_id", Form::Bytes),
        one(3, "trace_state", Form::Text),
        list(4, "attributes", &KEY_VALUE),
        one(5, "dropped_attributes_count", Form::Varint),
        one(6, "flags", Form::Fixed32),
    ],
};

static STATUS: Message = Message {
    fields: &[one(2, "message", Form::Text), one(3, "code", Form::Varint)],
};

static KEY_VALUE: Message = Message {
    fields: &[
        one(1, "key", Form::Text),
        one(2, "value", Form::Message(&ANY_VALUE)),
    ],
};

static ANY_VALUE: Message = Message {
    fields: &[
        one(1, "string_value", Form::Text),
        one(2, "bool_value", Form::Varint),
        one(3, "int_value", Form::Varint),
        one(4, "double_value", Form::Fixed64),
        one(5, "array_value", Form::Message(&ARRAY_VALUE)),
        one(6, "kvlist_value", Form::Message(&KEY_VALUE_LIST)),
        one(7, "bytes_value", Form::Bytes),
    ],
};

static ARRAY_VALUE: Message = Message {
    fields: &[list(1, "values", &ANY_VALUE)],
};

static KEY_VALUE_LIST: Message = Message {
    fields: &[list(1, "values", &KEY_VALUE)],
};
