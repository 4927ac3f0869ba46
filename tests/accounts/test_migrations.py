def test_x(accounts): print(accounts.everyone())
