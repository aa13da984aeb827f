"""The JSON that comes in and goes out, as pydantic models; the OpenAPI document is made from them.

What comes in names every field it does not know; what goes out always holds every field, null where there is none.
"""
