print("before", flush=True)
print({"a": 1}["b"])
