package ty

type Str string

type Bytes []byte
