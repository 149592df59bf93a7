/** The text of ../cases/ladder.schema.json. */
export const SCHEMA = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Settings",
  "type": "object",
  "properties": {
    "to": {
      "description": "Whom each step of the ladder tells.",
      "type": "object",
      "properties": {
        "team": { "$ref": "#/$defs/Targets", "default": "team" },
        "manager": { "$ref": "#/$defs/Targets", "default": "manager" },
        "director": { "$ref": "#/$defs/Targets", "default": "director" },
        "vp": { "$ref": "#/$defs/Targets", "default": ["vp", "war-room"] }
      },
      "additionalProperties": false
    }
  },
  "additionalProperties": false,
  "$defs": {
    "Target": {
      "description": "Whom to tell: a receiver's name, or \\"receiver:NAME\\", \\"person:NAME\\", \\"schedule:NAME\\".",
      "type": "string",
      "pattern": "^((receiver|person|schedule):.+|[^:]+)$"
    },
    "Targets": {
      "anyOf": [
        { "$ref": "#/$defs/Target" },
        { "type": "array", "items": { "$ref": "#/$defs/Target" }, "minItems": 1 }
      ]
    }
  }
}
`;
