//! The service description, OpenAPI 3.0.3.

use serde_json::{Value, json};

use super::{BODY, DEFAULT_LIMIT, MAX_LIMIT, TEXT};

/// The description of both services.
pub(super) fn document() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Persons and diplomas (laboratory)",
            "version": "1.0.0",
            "description": "10,000 generated persons of a laboratory register and their diplomas. Nothing in it is real.",
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
            },
            "/diplomas": {
                "get": {
                    "operationId": "getDiplomasOfSubject",
                    "summary": "The diplomas of the person whom the security server tells",
                    "parameters": [{
                        "name": "Simpul-Subject-Id", "in": "header", "required": true,
                        "description": "Set by the security server from the subject token of the request",
                        "schema": { "type": "string", "pattern": "^LAB-[0-9]{5}$", "example": "LAB-00015" }
                    }],
                    "responses": {
                        "200": json_response("The diplomas, perhaps none", "#/components/schemas/Diplomas"),
                        "400": problem("The request names nobody"),
                        "404": problem("No such person")
                    }
                }
            },
            "/diplomas/{id}": {
                "get": {
                    "operationId": "getDiplomas",
                    "summary": "The diplomas of one person",
                    "parameters": [{
                        "name": "id", "in": "path", "required": true,
                        "description": "The person's identifier",
                        "schema": { "type": "string", "pattern": "^LAB-[0-9]{5}$", "example": "LAB-00015" }
                    }],
                    "responses": {
                        "200": json_response("The diplomas, perhaps none", "#/components/schemas/Diplomas"),
                        "404": problem("No such person")
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
        "Diplomas": {
            "type": "object",
            "required": ["diplomas"],
            "properties": { "diplomas": { "type": "array", "items": { "$ref": "#/components/schemas/Diploma" } } }
        },
        "Diploma": diploma(&date),
        "Problem": {
            "type": "object",
            "required": ["title", "status"],
            "properties": { "title": { "type": "string" }, "status": { "type": "integer" } }
        }
    })
}

fn diploma(date: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["number", "holder", "title", "level", "institution", "awardedOn", "marks", "generated"],
        "properties": {
            "number": { "type": "string" },
            "holder": {
                "type": "object",
                "required": ["id", "givenName", "familyName", "dateOfBirth", "municipality"],
                "properties": {
                    "id": { "type": "string" },
                    "givenName": { "type": "string" },
                    "familyName": { "type": "string" },
                    "dateOfBirth": date,
                    "municipality": { "type": "string" }
                }
            },
            "title": { "type": "string" },
            "level": { "type": "integer", "minimum": 6, "maximum": 8 },
            "institution": { "type": "string" },
            "awardedOn": date,
            "marks": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["subject", "points"],
                    "properties": { "subject": { "type": "string" }, "points": { "type": "integer" } }
                }
            },
            "generated": { "type": "boolean", "enum": [true], "description": "The diploma is not real" }
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
