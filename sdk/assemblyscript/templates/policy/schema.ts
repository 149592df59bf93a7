/** The JSON Schema of the settings. In this text a backslash is written twice. */
export const SCHEMA = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Settings",
  "type": "object",
  "properties": {
    "to": {
      "description": "Whom to tell: a receiver's name, or \\"receiver:NAME\\", \\"person:NAME\\", \\"schedule:NAME\\".",
      "type": "string"
    }
  },
  "required": ["to"],
  "additionalProperties": false
}
`;
