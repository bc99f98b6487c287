"""What the API says of quotas."""

from pydantic import BaseModel, Field


class Used(BaseModel):
    used: int
    limit: int | None = Field(description="null: without a limit.")


class QuotaOut(BaseModel):
    photos: Used = Field(description="Photos that are kept here and were sent by you.")
    bytes: Used = Field(description="The bytes that they take.")
    open_uploads: Used = Field(description="Uploads in parts that are not complete.")
    open_bytes: Used = Field(description="The bytes of their parts.")
