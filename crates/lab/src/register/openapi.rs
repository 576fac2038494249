//! The service description, OpenAPI 3.0.3.

use serde_json::{Value, json};

use super::{BODY, DEFAULT_LIMIT, MAX_LIMIT, TEXT};

/// The description of the persons service.
pub(super) fn document() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Persons (laboratory)",
            "version": "1.0.0",
            "description": "10,000 generated persons of a laboratory register. No person in it is real.",
            "license": { "name": "MIT OR Apache-2.0" }
        },
        "servers": [{ "url": "/" }],
        "paths": {
            "/persons/{id}": {
                "get": {
                    "operationId": "getPerson",
                    "summary": "One person by identifier",
                    "parameters": [{
                        "name": "id", "in": "path", "required": true,
                        "schema": { "type": "string", "pattern": "^LAB-[0-9]{5}$", "example": "LAB-00001" }
                    }],
                    "responses": {
                        "200": json_response("The person", "#/components/schemas/Person"),
                        "404": problem("No such person")
                    }
                }
            },
            "/persons": {
                "get": {
                    "operationId": "listPersons",
                    "summary": "Persons in the order of their identifiers",
                    "parameters": [
                        {
                            "name": "name", "in": "query",
                            "description": "Part of the given or family name, without regard to case",
                            "schema": { "type": "string", "minLength": 1, "maxLength": TEXT }
                        },
                        { "name": "limit", "in": "query", "schema": limit() },
                        { "name": "offset", "in": "query", "schema": offset() }
                    ],
                    "responses": {
                        "200": json_response("A page of persons", "#/components/schemas/Page"),
                        "400": problem("A parameter cannot be used")
                    }
                }
            },
            "/persons/search": {
                "post": {
                    "operationId": "searchPersons",
                    "summary": "Persons that fit every given condition",
                    "requestBody": {
                        "required": true,
                        "description": format!("At most {BODY} octets"),
                        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Search" } } }
                    },
                    "responses": {
                        "200": json_response("A page of persons", "#/components/schemas/Page"),
                        "400": problem("The conditions cannot be used"),
                        "413": problem("The body is too large")
                    }
                }
            }
        },
        "components": { "schemas": schemas() }
    })
}

fn schemas() -> Value {
    let text = json!({ "type": "string", "minLength": 1, "maxLength": TEXT });
    let date = json!({ "type": "string", "format": "date" });
    json!({
        "Person": {
            "type": "object",
            "required": ["id", "givenName", "familyName", "dateOfBirth", "municipality", "generated"],
            "properties": {
                "id": { "type": "string", "pattern": "^LAB-[0-9]{5}$" },
                "givenName": { "type": "string" },
                "familyName": { "type": "string" },
                "dateOfBirth": date,
                "municipality": { "type": "string" },
                "generated": { "type": "boolean", "enum": [true], "description": "The person is not real" }
            }
        },
        "Search": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "name": text, "municipality": text, "bornFrom": date, "bornTo": date,
                "limit": limit(), "offset": offset()
            }
        },
        "Page": {
            "type": "object",
            "required": ["total", "limit", "offset", "persons"],
            "properties": {
                "total": { "type": "integer", "description": "Persons that fit" },
                "limit": { "type": "integer" },
                "offset": { "type": "integer" },
                "persons": { "type": "array", "items": { "$ref": "#/components/schemas/Person" } }
            }
        },
        "Problem": {
            "type": "object",
            "required": ["title", "status"],
            "properties": { "title": { "type": "string" }, "status": { "type": "integer" } }
        }
    })
}

fn limit() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT })
}

fn offset() -> Value {
    json!({ "type": "integer", "minimum": 0, "default": 0 })
}

fn json_response(description: &str, schema: &str) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": { "$ref": schema } } } })
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}
